package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Write writes a line for each check: verdict, name, what was found and the time taken;
// under it what to do. The last line counts the verdicts.
func (r Report) Write(w io.Writer) error {
	var b strings.Builder
	counts := map[Verdict]int{}
	for _, c := range r.Checks {
		counts[c.Verdict]++
		fmt.Fprintf(&b, "%-11s  %-22s  %s", c.Verdict, c.Check, c.Found)
		if c.Verdict != NotChecked {
			fmt.Fprintf(&b, "  (%.1f ms)", c.TookMS)
		}
		b.WriteByte('\n')
		if c.Next != "" {
			fmt.Fprintf(&b, "%-11s  %-22s  → %s\n", "", "", c.Next)
		}
	}
	var sum []string
	for _, v := range []Verdict{Failed, Warning, NotChecked, OK} {
		if n := counts[v]; n > 0 {
			sum = append(sum, fmt.Sprintf("%d %s", n, v))
		}
	}
	fmt.Fprintf(&b, "%s\n", strings.Join(sum, ", "))
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes the report as one JSON object.
func (r Report) WriteJSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(r)
}
