package feeds

import (
	"strings"
)

// apostrophe stands before exported cells that a spreadsheet would run as a formula.
const apostrophe = '\''

// runsInSpreadsheet reports whether a spreadsheet would run a cell, or drop its first character.
func runsInSpreadsheet(cell string) bool {
	return cell != "" && strings.ContainsRune("=+-@\t\r\n'", rune(cell[0]))
}

// escapeFormula returns a cell as it is exported.
func escapeFormula(cell string) string {
	if runsInSpreadsheet(cell) {
		return string(apostrophe) + cell
	}
	return cell
}

// unescapeFormula returns the text of an exported cell.
func unescapeFormula(cell string) string {
	if len(cell) > 1 && cell[0] == apostrophe && runsInSpreadsheet(cell[1:]) {
		return cell[1:]
	}
	return cell
}

// cellText returns the text of an exported cell without blanks around it, except those behind an
// apostrophe: they belong to the text.
func cellText(cell string) string {
	if text := unescapeFormula(cell); text != cell {
		return text
	}
	return strings.TrimSpace(cell)
}
