package commands

import "strings"

// Why is the first word after whoami that asks for the account of one decision.
const Why = "why"

// whyFields are what the account of a decision may be asked with. The listener
// is needed; what is left out is asked as an addition would be without it.
func whyFields() []Field {
	var own []Field
	for _, key := range [...]string{KeyListener, KeyServer, KeyPorts, KeyWeight} {
		f := *findField(registerFields[:], key)
		f.Required = key == KeyListener
		own = append(own, f)
	}
	return own
}

// BuildWhy checks what an account of a decision is asked with, as
// BuildRegistration does; only the listener is needed.
func BuildWhy(values Values) (Registration, error) {
	b := builder{fields: whyFields(), given: values}
	b.build()
	if err := b.failure(); err != nil {
		err.Corrected, err.Values = "", nil
		return Registration{}, err
	}
	return b.made, nil
}

// parseWhoami reads what stands after whoami: nothing, or why and a listener.
func parseWhoami(rest string) (Command, error) {
	first, rest, _ := strings.Cut(rest, " ")
	switch {
	case first == "":
		return Command{Verb: VerbWhoami}, nil
	case !strings.EqualFold(first, Why):
		return Command{}, refuseWith(Name+" whoami", Problem{
			Given: shown("whoami " + first),
			Text: "whoami stands alone, or goes on with why and a listener, for example " + Name +
				" whoami why api-lb/https-443.",
		})
	}
	a := newAsked(whyFields(), rest, KeyListener, KeyServer)
	if a.given[KeyListener] == "" && len(a.problems) == 0 {
		a.problems = append(a.problems, Problem{Field: KeyListener,
			Text: "Which listener? For example " + Name + " whoami why api-lb/https-443."})
	}
	c := Command{Verb: VerbWhoami, Args: []string{Why}, Values: a.given}
	if len(a.problems) == 0 {
		_, err := BuildWhy(a.given)
		return c, err
	}
	return c, a.failure()
}
