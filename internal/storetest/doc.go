// Package storetest is the contract that every store passes, as a test suite,
// and a store in memory that shows it can be passed in a page.
package storetest
