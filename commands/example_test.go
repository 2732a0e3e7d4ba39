package commands_test

import (
	"errors"
	"fmt"

	"lbbot/commands"
)

func ExampleParse() {
	c, err := commands.Parse(
		`/lb-register api-lb:443 10.0.3.17 ports=8080-8082 weight=20 reason="inc-1234 add capacity"`)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := commands.BuildRegistration(c.Values)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Verb, r.Server, r.Ports, r.Weight, r.Reason)
	// Output:
	// register 10.0.3.17 [8080 8081 8082] 20 inc-1234 add capacity
}

// An error names every problem, and the command as far as it can be corrected.
func ExampleInputError() {
	c, err := commands.Parse("api-lb/https-443 web-07 weight=500 port=99999")
	if err == nil {
		_, err = commands.BuildRegistration(c.Values)
	}
	var wrong *commands.InputError
	if errors.As(err, &wrong) {
		for _, p := range wrong.Problems {
			fmt.Println(p.Field+":", p.Text)
		}
		fmt.Println(wrong.Corrected)
	}
	// Output:
	// ports: a port is a number from 1 to 65535.
	// weight: Use a whole number from 1 to 100.
	// /lb-register api-lb/https-443 web-07 ports=? weight=?
}

func ExampleAdvice() {
	advice, known := commands.Advice("INVALID_LB_LISTENER_NOT_FOUND")
	fmt.Println(known)
	fmt.Println(advice.Means)
	fmt.Println(advice.Do)
	// Output:
	// true
	// the listener does not exist any more.
	// pick the listener again; it may have been recreated.
}
