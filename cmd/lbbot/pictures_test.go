package main

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var takePictures = flag.Bool("update", false, "take the pictures of the documentation anew")

const (
	pictures     = "../../deploy/docs/pictures"
	pictureBytes = 250_000 // the most that one may have
)

// TestPictures takes the pictures of the documentation with -update. Without it, it
// requires that each one that a page shows is there, and that no other is.
func TestPictures(t *testing.T) {
	if *takePictures {
		takeAll(t)
	}
	shown := map[string]bool{}
	pages, err := filepath.Glob("../../deploy/docs/*.md")
	require.NoError(t, err)
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile(`\]\((?:deploy/docs/)?pictures/([\w-]+\.png)\)`).
			FindAllStringSubmatch(string(text), -1) {
			shown[found[1]] = true
		}
	}
	files, err := os.ReadDir(pictures)
	require.NoError(t, err)
	for _, f := range files {
		require.True(t, shown[f.Name()], "no page shows %s", f.Name())
		delete(shown, f.Name())
		raw, err := os.ReadFile(filepath.Join(pictures, f.Name()))
		require.NoError(t, err)
		_, err = png.DecodeConfig(bytes.NewReader(raw))
		require.NoError(t, err)
		require.Less(t, len(raw), pictureBytes, "%s is large", f.Name())
	}
	require.Empty(t, shown, "pages show pictures that are not there")
}

// takeAll plays the main job and what can go wrong in it, and takes the pictures.
func takeAll(t *testing.T) {
	t.Helper()
	old, err := filepath.Glob(filepath.Join(pictures, "*.png"))
	require.NoError(t, err)
	for _, f := range old {
		require.NoError(t, os.Remove(f))
	}
	r, address := visit(t)
	r.shot = pictures
	wide := func() {
		require.NoError(t, chromedp.Do(r.tab, chromedp.EmulateViewport(1200, 760)))
	}
	take := func(name string) {
		require.NoError(t, chromedp.Do(r.tab, chromedp.Evaluate[chromedp.Void]("document.activeElement.blur()")))
		r.picture(name)
	}
	wide()
	r.dark(false)
	r.as(address, engineer, incident)
	const command = `/lb-register api-lb/https-443 web-07 weight=50 reason="inc-2041 add capacity"`
	require.NoError(t, chromedp.Do(r.tab, chromedp.SetValue(chromedp.ID("text"), command)))
	take("typed")
	r.types(command)
	r.reads(".message.private", "Preview")
	take("preview")
	r.presses(".message.private .button.primary")
	r.reads(everyone, "Added web-07 to https-443 on api-lb")
	r.reads(everyone, "Available")
	take("added")

	r.as(address, engineer, incident)
	r.presses("#messages .tools .tool")
	r.reads("#modal[open]", "From the alert: web-12")
	take("alert-form")
	r.presses("#modal .view:not([hidden]) button[type=submit]")
	r.reads("#modal[open]", "Check and add")
	r.presses("#modal .view:not([hidden]) button[type=submit]")
	r.reads("#messages .replies", "1 reply")
	r.follows("#messages .replies")
	r.reads(inThread, "Added web-12 to https-443 on api-lb")
	r.reads(inThread, "\"Available\"")
	take("alert-added")

	r.as(address, engineer, incident)
	r.types(`/lb-register api-lb/https-443 db-07 weight=80 reason="inc-2041 more capacity"`)
	r.reads(".message.private:last-of-type", "Needs approval")
	r.presses(".message.private:last-of-type .button.primary")
	r.reads(everyone, "was asked for in")
	r.as(address, "U0CHEN", approvers)
	r.reads(everyone, "for approval")
	take("approval")

	r.as(address, engineer, owners)
	r.presses("#lose button")
	r.types("/lb-register api-lb/https-443 web-06 weight=50")
	r.reads(".message.private:last-of-type", "web-06")
	r.presses(".message.private:last-of-type .button.primary")
	r.reads(everyone, "Not confirmed")
	take("not-confirmed")
	r.reads(everyone, "Added web-06")
	take("settled")
	require.NoError(t, chromedp.Do(r.tab, chromedp.Navigate(address+"/log?kind=ack&kind=zenlayer")))
	r.reads("#entries", registerBackend)
	take("log")

	r.phone()
	r.as(address, engineer, incident)
	r.types("/lb-register api-lb/https-443 web-11 weight=50")
	r.reads(".message.private:last-of-type", "web-11")
	take("preview-phone")
	r.presses(".message.private:last-of-type .button.primary")
	r.reads(everyone, "Added web-11 to https-443 on api-lb")
	r.reads(everyone, "\"Available\"")
	take("added-phone")
}
