package broken

import (
	"time"
)

// leewayVariants use the leeway that the contract gives to the full, or do what it leaves
// open in a rare way.
func leewayVariants() []variant {
	return []variant{
		{"begins hooks ninety milliseconds after the drain timeout", "DRAIN HOOK SIG", beginsHooksLate(90 * time.Millisecond)},
	}
}
