package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"time"
)

// crash closes the database, has another process write to it for a while and die without closing it: its
// newest commits are in the log only.
func (d *database) crash(documents int, loop time.Duration) error {
	if err := d.DB.Close(); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	child := exec.Command(self, "-crash", d.name, "-dir", d.dir, "-n", fmt.Sprint(documents), "-loop", loop.String())
	child.Stderr = os.Stderr
	if err := child.Run(); err == nil || child.ProcessState.Exited() {
		return fmt.Errorf("the process that was to crash ended by itself: %s", child.ProcessState)
	}
	return nil
}

// dieUpdating is that process. It only returns when it fails.
func dieUpdating(name, dir string, documents int, loop time.Duration) error {
	for _, t := range targets {
		if t.name != name {
			continue
		}
		d := &database{target: t, dir: dir}
		if err := d.connect(false); err != nil {
			return err
		}
		for end := time.Now().Add(loop); time.Now().Before(end); {
			if err := d.run("update group", rand.IntN(documents/10)); err != nil {
				return err
			}
		}
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			return err
		}
		if err := self.Kill(); err != nil {
			return err
		}
		select {}
	}
	return errors.New("no target " + name)
}
