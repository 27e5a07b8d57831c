package feeds

import (
	"strings"
)

// mark stands before cells that a spreadsheet would run.
const mark = '\''

// needsMark reports whether a spreadsheet would run a cell, or take its first character away.
func needsMark(cell string) bool {
	return cell != "" && strings.ContainsRune("=+-@\t\r\n'", rune(cell[0]))
}

// marked is a cell as it is exported.
func marked(cell string) string {
	if needsMark(cell) {
		return string(mark) + cell
	}
	return cell
}

// bare is a cell as it was before it was marked.
func bare(cell string) string {
	if len(cell) > 1 && cell[0] == mark && needsMark(cell[1:]) {
		return cell[1:]
	}
	return cell
}

// restored is bare without blanks around it; those of a marked cell are meant.
func restored(cell string) string {
	if text := bare(cell); text != cell {
		return text
	}
	return strings.TrimSpace(cell)
}
