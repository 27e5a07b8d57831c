package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/app"
	"github.com/shopd/shopd/internal/feeds"
)

func importCommand() *cobra.Command {
	var o feeds.Options
	c := &cobra.Command{
		Use:   "import FILE|URL",
		Short: "Import products from a CSV file or the address of one",
		Long: `Imports products in Google Shopping columns. Encoding and delimiter are detected; -
reads standard input. A row that is wrong is reported, and the others are imported.
An interrupted import is resumed by a server that works jobs, which also fetches the
images and updates search and the assistant.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return withApp(
				c.Context(), func(a *app.App) error { return importFile(c, a, args[0], o) },
			)
		},
	}
	c.Flags().BoolVar(&o.DryRun, "dry-run", false, "only report what the import would do")
	c.Flags().BoolVar(&o.NoImages, "no-images", false, "do not fetch images")
	c.Flags().Int32Var(&o.BatchSize, "batch-size", 0, "rows that are imported at once, all or none")
	c.Flags().BoolVar(
		&o.AllowFree, "allow-free", false, "accept prices of 0, which are refused otherwise",
	)
	c.Flags().StringSliceVar(
		&o.Attributes, "attributes", nil,
		"further columns that become public attributes; * for all that do not look internal",
	)
	c.Flags().StringVar(
		&o.Encoding, "encoding", "",
		"the file's encoding, such as windows-1250, if it is not detected",
	)
	c.Flags().StringVar(
		&o.ImageBase, "image-base-url", "",
		"address before image paths that the file names without a server, as exports of Magento do",
	)
	c.Flags().StringVar(&o.Login, "user", "", "NAME:PASSWORD for the address")
	return c
}

func importFile(c *cobra.Command, a *app.App, from string, o feeds.Options) error {
	var content io.Reader
	switch {
	case from == "-":
		content, o.Source = c.InOrStdin(), "standard input"
	case strings.HasPrefix(from, "http://"), strings.HasPrefix(from, "https://"):
		o.Source = from
	default:
		file, err := os.Open(from)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		content, o.Source = file, filepath.Base(from)
	}
	if o.BatchSize < 0 || o.BatchSize > feeds.MaxBatchSize {
		return fmt.Errorf("--batch-size is from 1 to %d", feeds.MaxBatchSize)
	}
	bar := newBar(c.ErrOrStderr(), "Importing "+o.Source)
	begun := time.Now()
	done, err := a.Feeds.ImportFile(c.Context(), content, o, func(i db.Import) {
		if i.RowsTotal != nil {
			bar.at(int(i.Created+i.Updated+i.Unchanged+i.Failed), int(*i.RowsTotal))
		}
	})
	bar.finish()
	if err != nil {
		return withoutCode(err)
	}
	return printImport(c, a, done, time.Since(begun))
}

// printImport prints the counts of an import and its first errors. It returns an error if rows were
// refused, so that scripts notice.
func printImport(c *cobra.Command, a *app.App, i db.Import, took time.Duration) error {
	const shown = 20
	if i.Status != "completed" {
		message := i.Status
		if i.Message != nil {
			message = *i.Message
		}
		return errors.New(message)
	}
	rows := i.Created + i.Updated + i.Unchanged + i.Failed
	would := ""
	if i.DryRun {
		would = " (dry run: nothing was changed)"
	}
	fmt.Fprintf(
		c.OutOrStdout(),
		"%d rows in %s, %.0f rows/s: %d created, %d updated, %d unchanged, %d failed%s\n", rows,
		took.Round(time.Millisecond), float64(rows)/took.Seconds(), i.Created, i.Updated,
		i.Unchanged, i.Failed, would,
	)
	if i.Failed == 0 && i.Warnings == 0 {
		return nil
	}
	wrong, err := a.Feeds.Errors(c.Context(), i.ID, shown)
	if err != nil {
		return err
	}
	for _, e := range wrong {
		column := ""
		if e.ColumnName != nil {
			column = ", " + *e.ColumnName
		}
		severity := ""
		if e.IsWarning {
			severity = "warning: "
		}
		fmt.Fprintf(
			c.ErrOrStderr(), "%sline %d (row %d%s): %s\n",
			severity, e.Line, e.Row, column, e.Message,
		)
	}
	if i.Failed == 0 {
		return nil
	}
	return fmt.Errorf("%d rows were refused", i.Failed)
}

func exportCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "export",
		Short: "Export the active products as CSV",
		Long: `Writes a row for each variant, in columns that shopd import recognises: importing an
export changes nothing.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withApp(c.Context(), func(a *app.App) error {
				if out == "" || out == "-" {
					return export(c.Context(), a, c.OutOrStdout())
				}
				return exportTo(c.Context(), a, out)
			})
		},
	}
	c.Flags().StringVar(&out, "out", "", "the file to write; standard output when left out")
	return c
}

func export(ctx context.Context, a *app.App, to io.Writer) error {
	w := bufio.NewWriter(to)
	if err := a.Feeds.Export(ctx, w); err != nil {
		return err
	}
	return w.Flush()
}

// exportTo writes a file under a temporary name and renames it when it is complete.
func exportTo(ctx context.Context, a *app.App, name string) (err error) {
	file, err := os.CreateTemp(filepath.Dir(name), ".export-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if err := export(ctx, a, file); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := errors.Join(file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}
