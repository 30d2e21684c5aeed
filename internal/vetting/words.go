package vetting

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/text"
)

// MaxWords is how many words a program may allow.
const MaxWords = 500

// The faults of allowed words.
var (
	ErrWord    = fault.New(fault.Invalid, "bad_word", "An allowed word has 2 to 40 letters, and hyphens or apostrophes between them. Send one word at a time, and up to 500 in all.").At("words")
	ErrProgram = fault.New(fault.NotFound, "not_found", "There is no such program, or none that you may see.")
)

// A word is a word of a method, drug or place of the field that is no
// identifier in a program.
type word struct {
	bun.BaseModel `bun:"table:identifier_words"`

	Program string `bun:",pk"`
	Word    string `bun:",pk"`
	AddedBy string
	AddedAt db.Time
}

// tidyWords puts words into the form in which they are kept: small, once each,
// in order.
func tidyWords(all []string) ([]string, error) {
	out := make([]string, 0, len(all))
	for _, w := range all {
		w, ok := text.Fits(strings.ToLower(w), 2, 40)
		if !ok || strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) && r != '-' && r != '\'' }) || !strings.ContainsFunc(w, unicode.IsLetter) {
			return nil, ErrWord
		}
		out = append(out, w)
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) > MaxWords {
		return nil, ErrWord
	}
	return out, nil
}

// Words returns the words that a program allows, to who may change them.
func (s *Service) Words(ctx context.Context, program string) ([]string, error) {
	if err := s.keeps(ctx, program); err != nil {
		return nil, err
	}
	all, err := wordsOf(ctx, s.db, program)
	if err != nil {
		return nil, fmt.Errorf("list allowed words: %w", err)
	}
	return all, nil
}

// SetWords sets the words that a program allows. They stop warnings; what
// blocks is blocked whatever they say.
func (s *Service) SetWords(ctx context.Context, program string, words []string) ([]string, error) {
	if err := s.keeps(ctx, program); err != nil {
		return nil, err
	}
	words, err := tidyWords(words)
	if err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := db.Lock(ctx, tx, "identifier_words/"+program); err != nil {
			return err
		}
		before, err := wordsOf(ctx, tx, program)
		if err != nil || slices.Equal(before, words) {
			return err
		}
		added := without(words, before)
		removed := without(before, words)
		if err := s.replace(ctx, tx, program, added, removed); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "identifiers.words_set", program, map[string]any{"added": len(added), "removed": len(removed), "words": len(words)})
	})
	if err != nil {
		return nil, fmt.Errorf("set allowed words: %w", err)
	}
	return words, nil
}

func (s *Service) replace(ctx context.Context, tx bun.IDB, program string, added, removed []string) error {
	if len(removed) > 0 {
		if _, err := tx.NewDelete().Model((*word)(nil)).Where("program = ? AND word IN (?)", program, bun.List(removed)).Exec(ctx); err != nil {
			return db.Check(err)
		}
	}
	if len(added) == 0 {
		return nil
	}
	rows := make([]word, len(added))
	for i, w := range added {
		rows[i] = word{Program: program, Word: w, AddedBy: access.From(ctx).ID, AddedAt: db.At(s.now())}
	}
	_, err := tx.NewInsert().Model(&rows).Exec(ctx)
	return db.Check(err)
}

// keeps refuses who may not change a program's words; a program of others is
// like a made-up one.
func (s *Service) keeps(ctx context.Context, program string) error {
	who := access.From(ctx)
	if err := who.May(access.KeepWords); err != nil {
		return err
	}
	all, err := s.programs(ctx)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Key == program && who.MayIn(access.KeepWords, program) == nil {
			return nil
		}
	}
	return ErrProgram
}

func wordsOf(ctx context.Context, idb bun.IDB, program string) (all []string, err error) {
	all = []string{}
	err = idb.NewSelect().Model((*word)(nil)).Column("word").Where("program = ?", program).OrderExpr("word").Scan(ctx, &all)
	slices.Sort(all) // databases order letters in different ways
	return all, db.Check(err)
}

func without(all, others []string) (rest []string) {
	for _, w := range all {
		if !slices.Contains(others, w) {
			rest = append(rest, w)
		}
	}
	return rest
}
