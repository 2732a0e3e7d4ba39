package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.uber.org/zap"

	"lbbot/bot/sandbox/story"
)

// allStories plays every story with --play.
const allStories = "all"

// storyNames are what --play takes.
func storyNames() []string {
	var names []string
	for _, s := range stories() {
		names = append(names, s.Name)
	}
	return append(names, allStories)
}

// chosen are the stories of --play.
func chosen(name string) ([]story.Story, error) {
	all := stories()
	if name == allStories {
		return all, nil
	}
	for i, s := range all {
		if s.Name == name {
			return all[i : i+1], nil
		}
	}
	return nil, usageError{fmt.Errorf("--play has no story %q: choose one of %s", name,
		strings.Join(storyNames(), ", "))}
}

// tellStories plays stories without a page and writes what happens, each story in a
// workspace and an account of its own.
func (s session) tellStories(ctx context.Context, name string, log *zap.Logger) error {
	all, err := chosen(name)
	if err != nil {
		return err
	}
	for i, one := range all {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		if err := s.tellStory(ctx, one, log); err != nil {
			return err
		}
	}
	return nil
}

func (s session) tellStory(ctx context.Context, one story.Story, log *zap.Logger) (err error) {
	dir, remove, err := folder("")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	g, err := newPlayground(dir, s.err, log)
	if err != nil {
		return err
	}
	defer g.close()
	if err := g.start(ctx); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: %s\n\n", one.Name, one.About)
	return g.player().Play(ctx, one, func(l story.Line) { fmt.Fprintln(s.out, transcript(l)) })
}

// transcript is a line as it is printed.
func transcript(l story.Line) string {
	if l.Who == "" {
		return "\n" + l.Text
	}
	return fmt.Sprintf("%6.2f s  %-14s %s", l.At.Seconds(), l.Who, l.Text)
}
