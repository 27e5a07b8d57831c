//go:build !unix

package testpay

import "os"

// Without a lock of the system, one process at a time may use the ledger.
func lockFile(*os.File) error { return nil }
func unlockFile(*os.File)     {}

// syncDir has nothing to do: folders cannot be synced.
func syncDir(string) error { return nil }
