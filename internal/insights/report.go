package insights

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/oapi-codegen/runtime/types"

	"github.com/shopd/shopd/gen/api"
)

// GetDashboardReport returns one table of the dashboard as CSV. It runs only the statements of its
// part of the dashboard.
func (i *Insights) GetDashboardReport(
	ctx context.Context, r api.GetDashboardReportRequestObject,
) (api.GetDashboardReportResponseObject, error) {
	v, err := i.view(r.Params.From, r.Params.To, r.Params.Top)
	if err != nil {
		return nil, err
	}
	text, err := i.report(ctx, v, r.Report)
	return api.GetDashboardReport200TextCsvResponse{
		Body:          bytes.NewReader(text),
		ContentLength: int64(len(text)),
		Headers: api.GetDashboardReport200ResponseHeaders{
			ContentDisposition: new(
				fmt.Sprintf("attachment; filename=%q", string(r.Report)+".csv"),
			),
		},
	}, err
}

func (i *Insights) report(ctx context.Context, v view, name api.DashboardReport) ([]byte, error) {
	switch name {
	case api.DashboardReportTotals:
		daily, err := i.series(ctx, v)
		if err != nil {
			return nil, err
		}
		totals, err := i.totals(ctx, v, daily)
		return table([]api.DashboardTotals{totals}, err)
	case api.DashboardReportDays:
		daily, err := i.series(ctx, v)
		return table(i.dayBodies(daily), err)
	case api.DashboardReportOrdersByStatus:
		return table(i.ordersByStatus(ctx, v))
	case api.DashboardReportTopProducts:
		products, _, err := i.bestSellers(ctx, v)
		return table(products, err)
	case api.DashboardReportTopCategories:
		_, categories, err := i.bestSellers(ctx, v)
		return table(categories, err)
	case api.DashboardReportTopCustomers:
		return table(i.topCustomers(ctx, v))
	case api.DashboardReportLowStock:
		return table(i.lowStock(ctx, v))
	}
	return nil, fmt.Errorf("the report %q of the contract is not implemented", name)
}

// table writes rows as CSV, a column for each field of their type, named as in the contract.
func table[Row any](rows []Row, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	out := csv.NewWriter(&text)
	fields := reflect.VisibleFields(reflect.TypeFor[Row]())
	line := make([]string, len(fields))
	for n, field := range fields {
		line[n], _, _ = strings.Cut(field.Tag.Get("json"), ",")
	}
	_ = out.Write(line) // into memory
	for _, row := range rows {
		for n, field := range fields {
			line[n] = cell(reflect.ValueOf(row).FieldByIndex(field.Index))
		}
		_ = out.Write(line)
	}
	out.Flush()
	return text.Bytes(), out.Error()
}

// cell returns a value as text for a spreadsheet; nil is empty.
func cell(value reflect.Value) string {
	if value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return ""
		}
		value = value.Elem()
	}
	if date, ok := value.Interface().(types.Date); ok {
		return date.Format(time.DateOnly)
	}
	return notFormula(fmt.Sprint(value.Interface()))
}

// notFormula returns text in a form that no spreadsheet takes for a formula.
func notFormula(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
