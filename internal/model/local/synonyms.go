package local

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/shopd/shopd/internal/question/words"
)

//go:embed synonyms.txt
var synonymText string

// synonyms are the stems of synonyms, by stem.
var synonyms = sync.OnceValue(func() map[string][]string {
	groups := map[string][]string{}
	for line := range strings.Lines(synonymText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var group []string
		for word := range strings.SplitSeq(line, ",") {
			group = append(group, words.Stem(words.Fold(strings.TrimSpace(word))))
		}
		for _, stem := range group {
			for _, mate := range group {
				if mate != stem && !slices.Contains(groups[stem], mate) {
					groups[stem] = append(groups[stem], mate)
				}
			}
		}
	}
	return groups
})

func mates(stem string) []string { return synonyms()[stem] }
