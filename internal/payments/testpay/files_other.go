//go:build !unix

package testpay

import "os"

// lockFile does nothing here: without a lock of the system, only one process may use the ledger.
func lockFile(*os.File) error { return nil }
func unlockFile(*os.File)     {}

// syncDir has nothing to do: folders cannot be synced.
func syncDir(string) error { return nil }
