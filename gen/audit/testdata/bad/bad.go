// Package bad holds kernels that break one rule each; the tests of the audit name it.
package bad
