package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/internal/platform/config"
	"github.com/shopd/shopd/internal/platform/openapi"
)

func openapiCommand() *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use: "openapi", Short: "Print the contract of the API as it is served", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			document, err := openapi.Flatten(shopd.Contract)
			if err != nil {
				return err
			}
			render := document.YAML
			if asJSON {
				render = document.JSON
			}
			text, err := render()
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print JSON instead of YAML")
	return command
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), "shopd "+config.Version)
			return err
		},
	}
}

// healthTimeout is longer than the timeout of the server's own checks.
const healthTimeout = 3 * time.Second

func healthCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "health",
		Short: "Ask the server on this machine whether it is ready; the exit code says so too",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			// DEBUG=true: no secret is needed to ask.
			settings, err := config.Load(map[string]string{"DEBUG": "true"})
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context(), healthTimeout)
			defer cancel()
			request, err := http.NewRequestWithContext(
				ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/readyz", settings.Port), nil,
			)
			if err != nil {
				return err
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return fmt.Errorf("no server responds on port %d", settings.Port)
			}
			defer func() { _ = response.Body.Close() }()
			body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), string(body))
			if response.StatusCode != http.StatusOK {
				return fmt.Errorf("the server responds with status %d", response.StatusCode)
			}
			return nil
		},
	}
}
