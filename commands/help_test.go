package commands

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func allTopics() []string {
	return append(helpTopics(), "", "keys", "codes", "nonsense")
}

// readers are people with different rights.
func readers() map[string]Rights {
	return map[string]Rights{"may register": RightsRegister, "may read only": RightsRead,
		"may undo only": RightsUndo, "may do everything": everyRight(), "not checked": RightsUnknown}
}

func everyRight() (r Rights) {
	for _, v := range Verbs() {
		r |= v.Needs
	}
	return r
}

func TestHelpFitsAPhone(t *testing.T) {
	t.Parallel()
	for name, r := range readers() {
		require.LessOrEqual(t, len(Help("", r).Lines), 12, name)
	}
}

func TestHelpListsOnlyWhatTheReaderMayDo(t *testing.T) {
	t.Parallel()
	for _, topic := range []string{"", "all"} {
		text := strings.Join(Help(topic, RightsRead).Lines, "\n")
		require.Contains(t, text, "7 more commands need other rights.", topic)
		for _, wanted := range []string{"status", "whoami", "history"} {
			require.Contains(t, text, wanted, topic)
		}
		for _, unwanted := range []string{"web-07", "opens the form", "weight (or", "could not check", " undo",
			" again"} {
			require.NotContains(t, text, unwanted, topic)
		}
		require.NotContains(t, strings.Join(Help(topic, everyRight()).Lines, "\n"), "other rights", topic)
		require.Contains(t, strings.Join(Help(topic, everyRight()&^RightsUndo|RightsRead).Lines, "\n"),
			"1 more command needs other rights.", topic)
		require.NotContains(t, text, "All keys", topic)
	}
	require.Equal(t, "All commands", Help("all", RightsRead).Title)
	for _, v := range Verbs() {
		lines := Help(string(v.Verb), RightsRead).Lines
		if v.Needs != 0 {
			require.Equal(t, []string{
				"You may not use this here. Who may do what, and why: /lb-register whoami."}, lines)
			continue
		}
		require.Subset(t, lines, v.Examples)
	}
}

func TestHelpThatCouldNotCheckRightsListsAllAndSaysSo(t *testing.T) {
	t.Parallel()
	for _, topic := range []string{"", "all"} {
		unchecked, all := Help(topic, RightsUnknown).Lines, Help(topic, everyRight()).Lines
		require.Equal(t, all, unchecked[:len(all)], topic)
		require.Equal(t, []string{"I could not check which commands you may use, so all of them are listed."},
			unchecked[len(all):], topic)
	}
	require.Equal(t, Help("history", RightsRegister), Help("history", RightsUnknown))
}

func TestEveryCommandInHelpIsAccepted(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, r := range readers() {
		for _, topic := range allTopics() {
			page := Help(topic, r)
			require.NotEmpty(t, page.Title, topic)
			require.NotEmpty(t, page.Lines, topic)
			for _, line := range page.Lines {
				require.NotContains(t, line, "\n")
				require.LessOrEqual(t, utf8.RuneCountInString(line), 300, line)
				if strings.HasPrefix(line, Name) {
					_, err := Parse(line)
					require.NoError(t, err, line)
					seen++
				}
			}
		}
	}
	require.Greater(t, seen, 15)
	for _, v := range Verbs() {
		require.NotEmpty(t, v.Examples)
		for _, example := range v.Examples {
			c, err := Parse(example)
			require.NoError(t, err, example)
			require.Equal(t, v.Verb, c.Verb, example)
		}
	}
}

func TestHelpAllNamesEveryKeyAndItsAliases(t *testing.T) {
	t.Parallel()
	all := strings.Join(Help("all", RightsRegister).Lines, "\n")
	for _, f := range RegisterFields() {
		require.Contains(t, all, f.Key)
		for _, alias := range f.Aliases {
			require.Contains(t, all, alias)
		}
	}
}

func TestHelpKnowsItsTopics(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                  "Add servers to load balancers, and take them off",
		"all":               "All keys",
		"errors":            "Error codes",
		"weight":            "weight",
		"portList":          "ports",
		"PORT-LIST":         "ports",
		"status":            "/lb-register status [LBR-...]",
		"missing_parameter": "MISSING_PARAMETER",
		"nonsense":          "Help",
	}
	for topic, title := range tests {
		require.Equal(t, title, Help(topic, RightsRegister).Title, topic)
	}
	require.Contains(t, Help("wieght", RightsRegister).Lines[0], "Did you mean weight")
	require.NotContains(t, Help("<!channel>", RightsRegister).Lines[0], "<")
}

func TestEveryFieldExampleIsAccepted(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for _, f := range RegisterFields() {
		require.NotEmpty(t, f.Example, f.Key)
		require.NotEmpty(t, f.Help, f.Key)
		require.NotEmpty(t, f.Label, f.Key)
		r := registration(t, exampleOf(f))
		require.NotEmpty(t, r.Values()[f.Key])
		for _, name := range append([]string{f.Key}, f.Aliases...) {
			require.False(t, keys[strings.ToLower(name)], "%s is used twice", name)
			keys[strings.ToLower(name)] = true
		}
	}
}

func TestFormShowsItsFieldsInOrder(t *testing.T) {
	t.Parallel()
	var labels []string
	for _, f := range RegisterFields() {
		if f.InForm {
			labels = append(labels, f.Label)
		}
	}
	require.Equal(t, []string{
		"Listener", "Server", "Type", "Ports", "Weight (1 to 100)", "Backend name", "Reason", "Post the result in",
		"After adding",
	}, labels)
}

func TestAdviceIsASentenceForEachKnownCode(t *testing.T) {
	t.Parallel()
	a, ok := Advice("INVALID_LB_LISTENER_NOT_FOUND")
	require.True(t, ok)
	require.Equal(t, ErrorAdvice{Means: "the listener does not exist any more.",
		Do: "pick the listener again; it may have been recreated."}, a)

	_, ok = Advice("SOMETHING_NEW")
	require.False(t, ok)

	for status, known := range map[int]bool{200: false, 302: true, 400: true, 404: true, 429: false, 502: false} {
		_, ok := AdviceOn(status, "")
		require.Equal(t, known, ok, "%d without a code", status)
	}
	b, ok := AdviceOn(404, "INVALID_LB_LISTENER_NOT_FOUND")
	require.Equal(t, []any{a, true}, []any{b, ok}, "a code says more than a status")

	seen := map[string]bool{}
	for _, k := range knownCodes {
		require.False(t, seen[k.code], k.code)
		seen[k.code] = true
		require.Regexp(t, `^[A-Z_]+$`, k.code)
		require.Regexp(t, `^[a-z][^!]*\.$`, k.advice.Means, k.code)
		require.Regexp(t, `^[a-z][^!]*\.$`, k.advice.Do, k.code)
	}
	require.Len(t, seen, 27)
}

func TestClosestNamesComeFirst(t *testing.T) {
	t.Parallel()
	servers := []string{"db-07", "web-06", "mail", "web-07", "web-07"}
	require.Equal(t, []string{"web-07", "web-06", "db-07"},
		Closest("wbe-07", []string{"web-06", "db-07", "mail", "web-07"}, 3))
	require.Equal(t, []string{"web-07"}, Closest("wbe-07", servers, 1))
	require.Equal(t, []string{"web-06", "web-07"}, Closest("web", servers, 5))
	require.Equal(t, []string{"web-07"}, Closest("WEB-07", servers, 1))
	hosts := []string{"db-07.edge.example", "web-06.edge.example", "web-07.edge.example"}
	require.Equal(t, []string{"web-07.edge.example"}, Closest("wbe-07", hosts, 1), "the first label is enough")
	require.Equal(t, []string{"web-07.edge.example"}, Closest("wbe-07.edge.example", hosts, 1))
	require.Equal(t, []string{"web-07"}, Closest("wbe-07.edge.example", servers, 1))
	require.Empty(t, Closest("10.0.3.18", []string{"10.9.9.9"}, 3), "an address has no label")
	require.Empty(t, Closest("postgres", servers, 3))
	require.Empty(t, Closest("", servers, 3))
	require.Empty(t, Closest("web-07", nil, 3))
	require.Empty(t, Closest("web-07", servers, 0))
}

func TestBackendNameIsMadeFromTheServersName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 70)
	tests := []struct {
		server string
		taken  []string
		want   string
	}{
		{"web-07", nil, "web-07"},
		{"web 07 (new)", nil, "web-07-new"},
		{"web_07", nil, "web-07"},
		{"10.0.3.17", nil, "10.0.3.17"},
		{"2001:db8::17", nil, "2001-db8-17"},
		{"web-07.example", nil, "web-07.example"},
		{"网关", nil, "server"},
		{"", nil, "server"},
		{"-.-", []string{"server"}, "server-2"},
		{"web-07", []string{"web-07"}, "web-07-2"},
		{"web-07", []string{"WEB-07", "web-07-2"}, "web-07-3"},
		{long, nil, long[:64]},
		{long, []string{long[:64]}, long[:62] + "-2"},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, BackendName(tt.server, tt.taken), tt.server)
	}
}
