package orders

import (
	"crypto/rand"
	"strings"
)

// alphabet is Crockford's base 32: no two of its digits and letters look alike.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	numberPrefix = "SO-"
	numberLength = 10 // the last one checks the others
)

// newNumber returns a number such as SO-4F7KR-9M2QC. Its 45 random bits do not reveal how many
// orders there are.
func newNumber() string {
	var random [numberLength - 1]byte
	_, _ = rand.Read(random[:]) // never fails
	for i, b := range random {
		random[i] = alphabet[b%32]
	}
	return writeNumber(string(random[:]))
}

func writeNumber(digits string) string {
	digits += string(alphabet[check(digits)])
	return numberPrefix + digits[:numberLength/2] + "-" + digits[numberLength/2:]
}

// check returns the check digit's value. It weighs digits by odd numbers, each with an inverse
// modulo 32: every wrong digit is found, and every swap of two neighbours unless they are 16 apart.
func check(digits string) int {
	sum := 0
	for i := range len(digits) {
		sum += (2*i + 1) * strings.IndexByte(alphabet, digits[i])
	}
	return sum % 32
}

// readNumber reads a number as people write it: in small letters, without dashes, with O for 0 and
// I or L for 1. It returns false if the text is no number.
func readNumber(text string) (string, bool) {
	text = strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(text))
	digits := strings.NewReplacer("O", "0", "I", "1", "L", "1").
		Replace(strings.TrimPrefix(text, "SO"))
	if len(digits) != numberLength {
		return "", false
	}
	for i := range len(digits) {
		if strings.IndexByte(alphabet, digits[i]) < 0 {
			return "", false
		}
	}
	number := writeNumber(digits[:numberLength-1])
	return number, number[len(number)-1] == digits[numberLength-1]
}
