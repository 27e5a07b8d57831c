package apikeys

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"math/big"
	"strings"
)

// Prefix begins every key, so that people and scanners for leaked secrets recognise one.
const Prefix = "shopd_key_"

const (
	base62       = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	randomLength = 32 // letters of base62: 190 bits
	sumLength    = 6
	keyLength    = len(Prefix) + randomLength + sumLength
)

// newKey returns a random key. It ends with a checksum, so that a key that was copied in part is
// recognised without the database.
func newKey() string {
	var b strings.Builder
	b.WriteString(Prefix)
	for range randomLength {
		letter, _ := rand.Int(rand.Reader, big.NewInt(int64(len(base62)))) // never fails
		b.WriteByte(base62[letter.Int64()])
	}
	return b.String() + checksum(b.String())
}

// checksum returns the CRC-32 (IEEE) of text in base62, most significant letter first.
func checksum(text string) string {
	sum := crc32.ChecksumIEEE([]byte(text))
	letters := make([]byte, sumLength)
	for i := range letters {
		letters[sumLength-1-i] = base62[sum%62]
		sum /= 62
	}
	return string(letters)
}

// isWhole reports whether a text has the form of a key, its checksum included.
func isWhole(key string) bool {
	return len(key) == keyLength && strings.HasPrefix(key, Prefix) &&
		checksum(key[:keyLength-sumLength]) == key[keyLength-sumLength:]
}

// hash returns what is stored of a key.
func hash(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}

// hint returns how a key begins and ends.
func hint(key string) string { return key[:len(Prefix)+4] + "…" + key[len(key)-4:] }
