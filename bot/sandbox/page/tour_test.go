package page

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/story"
)

// typing is a tour of one story that types a command.
func typing(as, in, command string) []story.Story {
	return []story.Story{{Name: "typed", Title: "Type a command", About: "It is typed.", Try: "Press Enter.", As: as,
		In: in, Steps: []story.Step{{Type: command}}, End: "It was typed."}}
}

func unplayed(context.Context, story.Story, func(story.Line)) error {
	return errors.New("it is not played here")
}

// composed is the text of the composer of a page.
func composed(h http.Handler, target string) string {
	_, rest, _ := strings.Cut(send(h, "GET", target, nil).Body.String(), `<textarea id="text"`)
	_, rest, _ = strings.Cut(rest, ">")
	text, _, _ := strings.Cut(rest, "</textarea>")
	return text
}

func TestTheTourTypesTheCommandOfTheStoryThatIsTried(t *testing.T) {
	t.Parallel()
	stories := append(typing("U1", "C1", "/lb-register first"), story.Story{Name: "heavy", Title: "Ask", As: "U2",
		In: "C1", Steps: []story.Step{{Public: "hello"}, {Type: "/lb-register heavy"}}})
	h := pageOver(t, newFakeSlack(), Options{Stories: stories, Play: unplayed})
	require.Equal(t, "/lb-register first", composed(h, "/"))
	require.Empty(t, composed(h, "/?as=U1&channel=C2"), "the first command belongs to its channel")
	require.Empty(t, composed(h, "/?as=U2&channel=C1"), "and to its person")
	require.Equal(t, "/lb-register heavy", composed(h, "/?as=U2&channel=C1&try=heavy"))
	require.Contains(t, send(h, "GET", "/", nil).Body.String(), `href="/?as=U1&amp;channel=C1&amp;try=typed"`)

	send(h, "POST", "/say", url.Values{"as": {"U2"}, "channel": {"C1"}, "text": {"/lb-register"}}, "HX-Request", "true")
	require.Empty(t, composed(h, "/"), "a command was sent")
	require.Equal(t, "/lb-register first", composed(h, "/?as=U1&channel=C1&try=typed"))
}

func TestTheTourTurnsToAnotherStory(t *testing.T) {
	t.Parallel()
	stories := append(typing("U1", "C1", "/x"), story.Story{Name: "undo", Title: "Undo it", As: "U1", In: "C1"})
	h := pageOver(t, newFakeSlack(), Options{Stories: stories, Play: unplayed})
	turn := func(to string) int {
		return send(h, "POST", "/tour", url.Values{"as": {"U1"}, "channel": {"C1"}, "to": {to}}).Code
	}
	live := func() string { return send(h, "GET", "/live?as=U1&channel=C1", nil).Body.String() }
	require.Contains(t, live(), "Tour 1 of 2")
	require.Equal(t, http.StatusNoContent, turn("1"))
	require.Contains(t, live(), "Tour 2 of 2")
	require.Contains(t, live(), "Undo it")
	for _, wrong := range []string{"2", "-1", "", "x"} {
		require.Equal(t, http.StatusUnprocessableEntity, turn(wrong), wrong)
	}
	require.Contains(t, live(), "Tour 2 of 2", "it is kept by the sandbox, so that two windows show the same")
}

func TestAStoryThatIsShownSaysHowItEnded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err       error
		says, not string
	}{
		"as it should": {nil, "It was typed.", "wrong"},
		"otherwise": {errors.New("the story failed"),
			`<span class="said wrong">the story failed`, "i-check"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			started, end := make(chan struct{}), make(chan struct{})
			h := pageOver(t, newFakeSlack(), Options{Stories: typing("U1", "C1", "/x"),
				Play: func(_ context.Context, s story.Story, tell func(story.Line)) error {
					tell(story.Line{Who: "Ana", Text: "types " + s.Steps[0].Type})
					close(started)
					<-end
					return test.err
				}})
			play := func(name string) int {
				return send(h, "POST", "/tour/play", url.Values{"as": {"U1"}, "channel": {"C1"}, "story": {name}}).Code
			}
			tour := func() string {
				_, rest, _ := strings.Cut(send(h, "GET", "/live?as=U1&channel=C1", nil).Body.String(), "#tour")
				text, _, _ := strings.Cut(rest, "</hx-partial>")
				return text
			}
			require.Equal(t, http.StatusUnprocessableEntity, play("typo"))
			ended := make(chan int)
			go func() { ended <- play("typed") }()
			<-started
			require.Contains(t, tour(), "Ana: types /x")
			require.NotContains(t, tour(), "Show me")
			require.Equal(t, http.StatusUnprocessableEntity, play("typed"), "one story plays at a time")
			close(end)
			require.Equal(t, http.StatusNoContent, <-ended)
			require.Contains(t, tour(), test.says)
			require.NotContains(t, tour(), test.not)
			require.Contains(t, tour(), "Show me")
		})
	}
}
