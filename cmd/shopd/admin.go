package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shopd/shopd/internal/app"
	"github.com/shopd/shopd/internal/identity"
	"github.com/shopd/shopd/internal/platform/problem"
)

func adminCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "admin",
		Short: "Make administrators",
		Long: `Makes the first administrators of a shop, on the machine that runs it. Later ones
are made by other administrators through the API.`,
	}
	var first, last string
	create := &cobra.Command{
		Use:   "create EMAIL",
		Short: "Make an administrator; the password is read from standard input",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			fmt.Fprintln(c.ErrOrStderr(), "Password (8 to 72 bytes), then Enter:")
			password, err := bufio.NewReader(c.InOrStdin()).ReadString('\n')
			if err != nil && password == "" {
				return errors.New("no password on standard input")
			}
			return withApp(c.Context(), func(a *app.App) error {
				user, err := a.Identity.CreateUser(c.Context(), identity.NewUser{
					Email:     args[0],
					Password:  strings.TrimRight(password, "\r\n"),
					FirstName: first,
					LastName:  last,
					Role:      "administrator",
				})
				if err != nil {
					return withoutCode(err)
				}
				fmt.Fprintf(
					c.OutOrStdout(), "%s is an administrator (id %d).\n", user.Email, user.ID,
				)
				return nil
			})
		},
	}
	create.Flags().StringVar(&first, "first-name", "Shop", "given name")
	create.Flags().StringVar(&last, "last-name", "Administrator", "family name")
	promote := &cobra.Command{
		Use:   "promote EMAIL",
		Short: "Make an existing account an administrator",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return withApp(c.Context(), func(a *app.App) error {
				user, err := a.Identity.Promote(c.Context(), args[0])
				if err != nil {
					return withoutCode(err)
				}
				fmt.Fprintf(
					c.OutOrStdout(), "%s is an administrator (id %d).\n", user.Email, user.ID,
				)
				return nil
			})
		},
	}
	c.AddCommand(create, promote)
	return c
}

// withoutCode returns the text of a problem that is meant for people, without its code. It returns
// any other error unchanged.
func withoutCode(err error) error {
	var p *problem.Error
	if errors.As(err, &p) && p.Cause == nil {
		return errors.New(p.Detail)
	}
	return err
}
