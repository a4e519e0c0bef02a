//go:build !(linux || darwin || freebsd || dragonfly || windows)

package checks

import "errors"

func freeDisk(string) (uint64, error) { return 0, errors.ErrUnsupported }
