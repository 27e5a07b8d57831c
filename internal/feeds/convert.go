package feeds

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/shopd/shopd/internal/feeds/csvfile"
	"github.com/shopd/shopd/internal/feeds/dialect"
)

// formatXML is the format of an import of Google's XML.
const formatXML = "google_xml"

// convert replaces the export of another program, or Google's XML, by a file of the columns that an
// import knows. It is done once, before the rows are counted; what follows reads the converted
// file.
func (r *runner) convert(ctx context.Context) error {
	if r.Format != nil || r.RowsTotal != nil {
		return nil
	}
	isXML, err := r.isXML(ctx)
	if err != nil {
		return err
	}
	if isXML {
		return r.replaceFile(ctx, formatXML, func(to io.Writer) error {
			return r.writeXMLRows(ctx, to)
		})
	}
	header, err := r.readHeader(ctx, 0)
	if errors.Is(err, io.EOF) {
		return nil // scan refuses it
	}
	if err != nil {
		return err
	}
	program, known := dialect.Recognise(header)
	if !known {
		return nil
	}
	return r.replaceFile(ctx, program.Name, func(to io.Writer) error {
		return r.writeDialectRows(ctx, program, header, to)
	})
}

// replaceFile stores what write writes as the import's file, and deletes the file before.
func (r *runner) replaceFile(
	ctx context.Context, format string, write func(io.Writer) error,
) error {
	before := *r.File
	in, out := io.Pipe()
	go func() { _ = out.CloseWithError(write(out)) }()
	counted := &counter{Reader: in}
	name, err := r.store.StorePrivate(ctx, counted)
	_ = in.CloseWithError(err)
	if err != nil {
		return err
	}
	original := *r.Encoding
	r.Format = &format
	if err := r.recordFile(ctx, name, original, counted.n); err != nil {
		return err
	}
	return r.store.DeletePrivate(ctx, before)
}

// records calls do for every record of the file behind its header.
func (r *runner) records(ctx context.Context, do func(csvfile.Record) error) error {
	file, in, delimiter, at, err := r.begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	reader := csvfile.NewReader(in, delimiter, at)
	for isHeader := true; ctx.Err() == nil; isHeader = false {
		record, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if isHeader {
			reader.Columns = len(record.Cells)
			continue
		}
		if err := do(record); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// writeDialectRows writes the rows of an export.
func (r *runner) writeDialectRows(
	ctx context.Context, program dialect.Dialect, header []string, to io.Writer,
) error {
	public := publish(r.Attributes, r.settings.Attributes)
	converter := program.Open(header, public.has)
	defer func() { _ = converter.Close() }() // reported below, if the file was read to its end
	if err := r.records(ctx, func(record csvfile.Record) error {
		converter.Index(record.Cells)
		return nil
	}); err != nil {
		return err
	}
	passedOn := program.PassedOn(header)
	out := newRowWriter(to)
	names := make([]string, len(passedOn))
	for i, at := range passedOn {
		names[i] = header[at]
	}
	out.header(names)
	write := func(rows []dialect.Row) {
		for _, row := range rows {
			further := make([]string, len(passedOn))
			for i, at := range passedOn {
				if at < len(row.Original) {
					further[i] = row.Original[at]
				}
			}
			out.row(row, further)
		}
	}
	if err := r.records(ctx, func(record csvfile.Record) error {
		switch {
		case record.Fault != "":
			write(converter.Flush())
			out.row(dialect.Row{
				Row:   record.Row,
				Line:  record.Line,
				Notes: []dialect.Note{{Message: record.Fault, IsError: true}},
			}, make([]string, len(passedOn)))
		default:
			write(converter.Convert(record.Row, record.Line, record.Cells))
		}
		return out.failed
	}); err != nil {
		return err
	}
	write(converter.Flush())
	if err := converter.Close(); err != nil {
		r.settings.Log.WarnContext(
			ctx, "the rows of an export were not stored", "error", err.Error(),
		)
		return refusal("The export cannot be read: the server has no space for temporary files.")
	}
	return out.flush()
}

// rowWriter writes a converted file.
type rowWriter struct {
	buffer *bufio.Writer
	csv    *csv.Writer
	failed error
}

func newRowWriter(to io.Writer) *rowWriter {
	buffer := bufio.NewWriterSize(to, 64<<10)
	return &rowWriter{buffer: buffer, csv: csv.NewWriter(buffer)}
}

// header writes the names of the columns, those passed on last.
func (w *rowWriter) header(further []string) {
	names := append([]string{string(colRow), string(colLine), string(colNotes)}, dialect.Columns...)
	names = append(names, string(colMoreAttributes), string(colOptions))
	w.write(append(names, further...))
}

func (w *rowWriter) row(r dialect.Row, further []string) {
	cells := []string{
		strconv.FormatInt(r.Row, 10), strconv.FormatInt(r.Line, 10),
		jsonText(len(r.Notes), r.Notes),
	}
	for _, name := range dialect.Columns {
		cells = append(cells, escapeFormula(r.Cells[name]))
	}
	cells = append(
		cells, jsonText(len(r.Attributes), r.Attributes), jsonText(len(r.Options), r.Options),
	)
	w.write(append(cells, further...))
}

func (w *rowWriter) write(cells []string) {
	if w.failed == nil {
		w.failed = w.csv.Write(cells)
	}
}

func (w *rowWriter) flush() error {
	w.csv.Flush()
	return errors.Join(w.failed, w.csv.Error(), w.buffer.Flush())
}

// jsonText returns a value as JSON; empty if it has no members.
func jsonText(members int, value any) string {
	if members == 0 {
		return ""
	}
	text, _ := json.Marshal(value) // strings: no error
	return string(text)
}
