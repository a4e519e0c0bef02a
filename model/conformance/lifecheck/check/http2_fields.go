package check

import "github.com/greynewell/mist-go/model/conformance/internal/http2frame"

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

// statusIn finds the status at the beginning of a block of fields. It knows the
// codes of the static table, and others as plain text; 1 is any other.
func statusIn(flags byte, payload []byte) int {
	block := unpadded(flags, payload)
	if flags&http2frame.Priority != 0 && len(block) >= 5 {
		block = block[5:]
	}
	for len(block) > 0 && block[0]&0xe0 == 0x20 { // the size of the dynamic table
		more := block[0]&0x1f == 0x1f
		for block = block[1:]; more && len(block) > 0; block = block[1:] {
			more = block[0]&0x80 != 0
		}
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

// statusText reads a status of three digits, plain or in the code of RFC 7541,
// appendix B, where digits are five bits (0, 1, 2) or six (3 to 9).
func statusText(length byte, text []byte) int {
	n := int(length & 0x7f)
	if n > len(text) {
		return 1
	}
	if length&0x80 == 0 {
		return digits(string(text[:n]))
	}
	var bits uint64
	for _, b := range text[:min(n, 8)] {
		bits = bits<<8 | uint64(b)
	}
	bits <<= 64 - 8*uint(min(n, 8))
	status := 0
	for range 3 {
		if five := int(bits >> 59); five <= 2 {
			status = status*10 + five
			bits <<= 5
		} else if six := int(bits >> 58); six >= 0x19 && six <= 0x1f {
			status = status*10 + six - 0x19 + 3
			bits <<= 6
		} else {
			return 1
		}
	}
	return status
}

func digits(text string) (n int) {
	for _, r := range text {
		if r < '0' || r > '9' {
			return 1
		}
		n = n*10 + int(r-'0')
	}
	return n
}
