package health

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxText is the most bytes of UTF-8 that the text of a failing check has in
// an answer. The kubelet reads 10 KiB of a body.
const maxText = 1 << 10

const ellipsis = "…"

// valid returns s as a JSON decoder will see it: every byte that is no UTF-8
// replaced by U+FFFD.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// clip is valid, and cuts what would be longer than maxText on a rune
// boundary, to at most maxText with the "…" that marks the cut.
func clip(s string) string {
	if len(s) <= maxText && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	fits := 0 // the length that leaves room for the mark
	for _, r := range s {
		if b.Len()+utf8.RuneLen(r) > maxText {
			return b.String()[:fits] + ellipsis
		}
		b.WriteRune(r)
		if b.Len() <= maxText-len(ellipsis) {
			fits = b.Len()
		}
	}
	return b.String()
}

// appendString appends s as encoding/json writes a string, HTML-safe, without
// its reflection: quotes and controls escaped, so too <, > and &, the line
// separators U+2028 and U+2029, and U+FFFD for what is no UTF-8.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	plain := 0 // s[plain:i] needs no escaping and is not yet appended
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if isPlain(c) {
				i++
				continue
			}
			b = append(b, s[plain:i]...)
			if short := shortEscape(c); short != 0 {
				b = append(b, '\\', short)
			} else {
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			i++
			plain = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, s[plain:i]...)
			b = append(b, `\ufffd`...)
			plain = i + size
		case r == '\u2028' || r == '\u2029':
			b = append(b, s[plain:i]...)
			b = append(b, `\u202`...)
			b = append(b, hex[r&15])
			plain = i + size
		}
		i += size
	}
	b = append(b, s[plain:]...)
	return append(b, '"')
}

func isPlain(c byte) bool {
	return c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
}

// shortEscape is the letter after the backslash, or 0 where JSON has none.
func shortEscape(c byte) byte {
	switch c {
	case '"', '\\':
		return c
	case '\b':
		return 'b'
	case '\f':
		return 'f'
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	}
	return 0
}

// appendUptime appends whole seconds as time.Duration prints them: "0s",
// "1m0s", "3h42m18s" (HEALTH-7).
func appendUptime(b []byte, seconds int64) []byte {
	h, m, s := seconds/3600, seconds/60%60, seconds%60
	if h > 0 {
		b = append(strconv.AppendInt(b, h, 10), 'h')
	}
	if h > 0 || m > 0 {
		b = append(strconv.AppendInt(b, m, 10), 'm')
	}
	return append(strconv.AppendInt(b, s, 10), 's')
}
