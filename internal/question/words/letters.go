package words

import "unicode"

// Undecomposed are the letters that people write otherwise though Unicode does not decompose them,
// and digits of Arabic and Persian.
var Undecomposed = func() map[rune]string {
	letters := map[rune]string{
		'ß': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th",
		'ø': "o", 'ł': "l", 'ı': "i", 'đ': "d", 'ð': "d", 'ħ': "h", 'ŧ': "t", 'ς': "σ",
		'ى': "ي", 'ی': "ي", 'ې': "ي", 'ک': "ك", 'ة': "ه", 'ھ': "ه", 'ہ': "ه",
	}
	for digit := range rune(10) {
		letters['٠'+digit] = string('0' + digit)
		letters['۰'+digit] = string('0' + digit)
	}
	return letters
}()

// table returns a table of the runes in ranges of first and last ones.
func table(bounds ...rune) *unicode.RangeTable {
	t := &unicode.RangeTable{}
	for i := 0; i < len(bounds); i += 2 {
		if bounds[i] <= 0xffff {
			t.R16 = append(t.R16, unicode.Range16{
				Lo: uint16(bounds[i]), Hi: uint16(bounds[i+1]), Stride: 1,
			})
			continue
		}
		t.R32 = append(t.R32, unicode.Range32{
			Lo: uint32(bounds[i]), Hi: uint32(bounds[i+1]), Stride: 1,
		})
	}
	return t
}

// Dropped are marks that people leave out, and invisible characters.
var Dropped = table(
	0x00ad, 0x00ad, 0x0300, 0x036f, 0x0591, 0x05bd, 0x05bf, 0x05bf, 0x05c1, 0x05c2, 0x05c4, 0x05c5,
	0x05c7, 0x05c7, 0x0610, 0x061a, 0x061c, 0x061c, 0x0640, 0x0640, 0x064b, 0x065f, 0x0670, 0x0670,
	0x06d6, 0x06dc, 0x06df, 0x06e8, 0x06ea, 0x06ed, 0x200b, 0x200f, 0x202a, 0x202e, 0x2060, 0x206f,
	0xfe00, 0xfe0f, 0xfeff, 0xfeff,
)

// unspaced are the scripts that are written without blanks between words: Thai, Lao, Myanmar,
// Khmer, Kana and Han.
var unspaced = table(
	0x0e01, 0x0e3a, 0x0e40, 0x0e4e, 0x0e81, 0x0ecd, 0x0edc, 0x0edf, 0x1000, 0x103f, 0x1050, 0x108f,
	0x1780, 0x17d3, 0x17d7, 0x17d7, 0x17dc, 0x17dd, 0x3005, 0x3007, 0x3041, 0x309a, 0x309d, 0x309f,
	0x30a1, 0x30fa, 0x30fc, 0x30ff, 0x31f0, 0x31ff, 0x3400, 0x4dbf, 0x4e00, 0x9fff, 0xf900, 0xfaff,
	0x20000, 0x3ffff,
)

// IsUnspaced reports whether a rune is of a script that is written without blanks.
func IsUnspaced(r rune) bool { return r >= 0x0e01 && unicode.Is(unspaced, r) }
