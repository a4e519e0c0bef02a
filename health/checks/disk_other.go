//go:build !(linux || darwin || freebsd || dragonfly || windows)

package checks

import "errors"

func freeDisk(string) (free, whole uint64, err error) { return 0, 0, errors.ErrUnsupported }
