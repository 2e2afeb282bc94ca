package storetest_test

import (
	"testing"

	"landfall/internal/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Audit(t, func(*testing.T) storetest.AuditStore { return &storetest.Memory{} })
}
