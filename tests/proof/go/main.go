// translog reads what Lockbox's transparency logs give out with the modules of that world, which know nothing of
// Lockbox: golang.org/x/mod/sumdb (note, tlog) and github.com/transparency-dev (merkle, formats).
//
//	translog check FOLDER        an export, record by record
//	translog witness VKEYS NAME  a witness (C2SP tlog-witness) of the logs whose keys stand in the file VKEYS
package main

import (
	"fmt"
	"os"
)

func main() {
	commands := map[string]func([]string) error{"check": check, "witness": witness}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: translog check FOLDER | translog witness VKEYS NAME")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "translog:", err)
		os.Exit(1)
	}
}
