package check

import (
	"strconv"
	"strings"

	"github.com/greynewell/mist-go/model/conformance/internal/http2frame"
)

// appendField adds a field as a literal without indexing whose name is in the
// static table (RFC 7541, section 6.2.2).
func appendField(b []byte, name byte, value string) []byte {
	b = append(b, name)
	n := len(value)
	if n < 127 {
		b = append(b, byte(n))
	} else {
		b = append(b, 127)
		for n -= 127; n >= 128; n >>= 7 {
			b = append(b, byte(n)|128)
		}
		b = append(b, byte(n))
	}
	return append(b, value...)
}

// fieldsIn is the block of fields of a HEADERS frame.
func fieldsIn(flags byte, payload []byte) []byte {
	block := unpadded(flags, payload)
	if flags&http2frame.Priority != 0 && len(block) >= 5 {
		block = block[5:]
	}
	return block
}

// statusIn finds the status at the beginning of a block of fields. It knows the
// codes of the static table, and others as plain text; 1 is any other.
func statusIn(flags byte, payload []byte) int {
	block := fieldsIn(flags, payload)
	for len(block) > 0 && block[0]&0xe0 == 0x20 { // the size of the dynamic table
		_, block = integer(block, 5)
	}
	static := map[byte]int{0x88: 200, 0x89: 204, 0x8a: 206, 0x8b: 304, 0x8c: 400, 0x8d: 404, 0x8e: 500}
	if len(block) == 0 {
		return 1
	}
	if code, ok := static[block[0]]; ok {
		return code
	}
	// A name is :status under each index that has it, 8 to 14.
	kind, name := block[0]&0xf0, block[0]&0x0f
	if (kind == 0x40 || kind == 0 || kind == 0x10) && name >= 8 && name <= 14 && len(block) > 1 {
		return statusText(block[1], block[2:])
	}
	return 1
}

// statusText reads a status of three digits.
func statusText(length byte, text []byte) int {
	n := int(length & 0x7f)
	if n > len(text) {
		return 1
	}
	status, err := strconv.Atoi(digits(length&0x80 != 0, text[:n]))
	if err != nil || status < 100 {
		return 1
	}
	return status
}

// digits reads them plain or in the code of RFC 7541, appendix B, where they are
// five bits (0, 1, 2) or six (3 to 9).
func digits(coded bool, text []byte) string {
	if !coded {
		return string(text)
	}
	var bits uint64
	n := min(len(text), 8)
	for _, b := range text[:n] {
		bits = bits<<8 | uint64(b)
	}
	bits <<= 64 - 8*n
	var found []byte
	for left := 8 * n; left >= 5; {
		if five := byte(bits >> 59); five <= 2 {
			found = append(found, '0'+five)
			bits, left = bits<<5, left-5
		} else if six := byte(bits >> 58); left >= 6 && six >= 0x19 && six <= 0x1f {
			found = append(found, '3'+six-0x19)
			bits, left = bits<<6, left-6
		} else {
			break // the padding
		}
	}
	return string(found)
}

// integer reads an integer that begins in the last bits of the first byte.
func integer(block []byte, bits int) (n int, rest []byte) {
	full := 1<<bits - 1
	n, block = int(block[0])&full, block[1:]
	for shift := 0; n >= full && len(block) > 0 && shift < 28; shift += 7 {
		n += int(block[0]&0x7f) << shift
		more := block[0]&0x80 != 0
		if block = block[1:]; !more {
			break
		}
	}
	return n, block
}

// text reads a string.
func text(block []byte) (coded bool, s, rest []byte) {
	if len(block) == 0 {
		return false, nil, nil
	}
	coded = block[0]&0x80 != 0
	n, block := integer(block, 7)
	n = min(n, len(block))
	return coded, block[:n], block[n:]
}

// A fieldName is one as it may be sent: as an index of the static table (0: it is not
// in there), plainly, or in the code of RFC 7541.
type fieldName struct {
	index        int
	plain, coded string
}

const (
	contentType = 31
	events      = "text/event-stream"
	eventsCoded = "\x49\x7c\xa5\x82\xf7\x2d\x49\x59\x09\xb0\xa3\xa7" // the same in the code
)

// isEvents reports whether the fields say that a stream of events follows.
func isEvents(flags byte, payload []byte) bool {
	coded, value := fieldOf(flags, payload, fieldName{index: contentType})
	return !coded && strings.HasPrefix(string(value), events) || coded && string(value) == eventsCoded
}

// grpcStatus finds that trailer, in the form that verdicts gives it; empty if there
// is none.
func grpcStatus(flags byte, payload []byte) string {
	coded, value := fieldOf(flags, payload, fieldName{plain: "grpc-status", coded: "\x9a\xca\xc8\xb2\x12\x34\xda\x8f"})
	if value == nil {
		return ""
	}
	return "Grpc-Status: " + digits(coded, value)
}

// fieldOf finds the value of a field; nil if there is none. Lifecheck allows no
// dynamic table, so each name is in the static one or spelled out.
func fieldOf(flags byte, payload []byte, want fieldName) (coded bool, value []byte) {
	for block := fieldsIn(flags, payload); len(block) > 0; {
		bits := 4
		switch b := block[0]; {
		case b&0x80 != 0:
			_, block = integer(block, 7)
			continue
		case b&0xe0 == 0x20:
			_, block = integer(block, 5)
			continue
		case b&0xc0 == 0x40:
			bits = 6
		}
		var index int
		var name []byte
		var nameCoded bool
		if index, block = integer(block, bits); index == 0 {
			nameCoded, name, block = text(block)
		}
		coded, value, block = text(block)
		switch {
		case index != want.index:
		case index != 0, !nameCoded && string(name) == want.plain, nameCoded && string(name) == want.coded:
			return coded, value
		}
	}
	return false, nil
}
