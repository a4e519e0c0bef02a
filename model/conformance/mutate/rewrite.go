package main

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// rewritten is a file in which mutants are compiled in.
type rewritten struct {
	file  *sourceFile
	text  []byte
	spans []span
}

// span is where in a rewritten file an edit of a mutant is.
type span struct {
	mutant   *Mutant
	from, to int
}

// piece is text to be put in at an offset of the original.
type piece struct {
	edit
	at, other int  // where, and where the other end of the edit is
	nth       int  // of all edits
	closes    bool // it is the text behind
	span      *span
}

// rewrite puts the edits of mutants into a file. Lines stay where they are.
func rewrite(s *source, file *sourceFile, mutants []*Mutant) rewritten {
	r := rewritten{file: file}
	var pieces []piece
	nth := 0
	for _, m := range mutants {
		for _, e := range m.edits {
			from, to := s.offset(e.from), s.offset(e.to)
			sp := &span{mutant: m}
			e.before, e.after = withID(e.before, m), withID(e.after, m)
			if from != to && !e.replaces {
				pieces = append(pieces, piece{edit: e, at: from, other: to, nth: nth, span: sp})
			}
			pieces = append(pieces, piece{edit: e, at: to, other: from, nth: nth, closes: true, span: sp})
			nth++
		}
	}
	slices.SortStableFunc(pieces, comparePieces)
	var out bytes.Buffer
	rest := 0
	for _, p := range pieces {
		until := p.at
		if p.replaces {
			until = p.other
		}
		out.Write(file.text[rest:until])
		rest = p.at
		if p.closes {
			if p.at == p.other || p.replaces {
				p.span.from = out.Len()
			}
			out.WriteString(p.after)
			p.span.to = out.Len()
			r.spans = append(r.spans, *p.span)
		} else {
			p.span.from = out.Len()
			out.WriteString(p.before)
		}
	}
	out.Write(file.text[rest:])
	r.text = out.Bytes()
	if len(pieces) > 0 {
		r.addImport(s.offset(file.syntax.Name.End()))
	}
	return r
}

func withID(text string, m *Mutant) string {
	return strings.ReplaceAll(text, idMark, strconv.Itoa(m.ID))
}

// comparePieces orders what is put in at one offset: what ends there, the inner
// first; what stands alone; what begins there, the outer first.
func comparePieces(a, b piece) int {
	kind := func(p piece) int {
		switch {
		case p.at == p.other:
			return 1
		case p.closes:
			return 0
		}
		return 2
	}
	if c := cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(kind(a), kind(b))); c != 0 {
		return c
	}
	c := cmp.Compare(b.other, a.other)
	if kind(a) == 0 {
		return cmp.Or(c, cmp.Compare(b.nth, a.nth))
	}
	return cmp.Or(c, cmp.Compare(a.nth, b.nth))
}

// addImport has the file import package mutant, on the line of its package
// clause.
func (r *rewritten) addImport(at int) {
	text := []byte(`; import m__ "` + mutantPath + `"`)
	r.text = slices.Concat(r.text[:at], text, r.text[at:])
	for i := range r.spans {
		r.spans[i].from += len(text)
		r.spans[i].to += len(text)
	}
}
