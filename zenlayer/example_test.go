package zenlayer_test

import (
	"context"
	"fmt"
	"log"

	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// sampleCloud starts a stand-in of the API with sample data, and a client for it.
func sampleCloud() (*zenlayertest.Server, *zenlayer.Client, func()) {
	server := zenlayertest.New(zenlayertest.Options{
		AccessKeyID: "key-id", AccessKeySecret: "secret", Seed: zenlayertest.SampleData(),
	})
	address, err := server.Start()
	if err != nil {
		log.Fatal(err)
	}
	client, err := zenlayer.New(zenlayer.Config{
		Endpoint: address, AccessKeyID: "key-id", AccessKeySecret: zenlayer.NewSecret("secret"),
	})
	if err != nil {
		log.Fatal(err)
	}
	return server, client, func() { client.CloseIdleConnections(); server.Close() }
}

func Example() {
	_, client, stop := sampleCloud()
	defer stop()
	ctx := context.Background()

	listeners, err := client.DescribeListeners(ctx, zenlayer.ListenerFilter{Name: "http-80"})
	if err != nil {
		log.Fatal(err)
	}
	added, err := client.RegisterBackend(ctx, zenlayer.RegisterBackendRequest{
		ListenerID: listeners[0].ListenerID, InstanceID: "i-55a1", BackendName: "web-07", Weight: 20,
		ClientToken: "0198c2f4-5d1e-7a3b-9c55-1f2e3d4c5b6a",
	})
	if err != nil {
		log.Fatal(err)
	}
	backends, err := client.DescribeBackends(ctx, listeners[0].ListenerID, zenlayer.BackendFilter{})
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range backends {
		fmt.Println(b.Name, "port", b.Port, "weight", b.Weight, "new:", b.BackendID == added.BackendID)
	}
	// Output:
	// web-03 port 8080 weight 50 new: false
	// web-07 port 80 weight 20 new: true
}

// A lost answer proves nothing. A repeat with the same client token adds
// nothing twice.
func ExampleOutcomeOf() {
	server, client, stop := sampleCloud()
	defer stop()
	ctx := context.Background()
	request := zenlayer.RegisterBackendRequest{
		ListenerID: "lst-8f2c", InstanceID: "i-55a1", BackendName: "web-07",
		ClientToken: "0198c2f4-5d1e-7a3b-9c55-1f2e3d4c5b6a",
	}

	server.LoseNextAnswer()
	_, err := client.RegisterBackend(ctx, request)
	fmt.Println("lost answer:", zenlayer.OutcomeOf(err))

	_, err = client.RegisterBackend(ctx, request)
	fmt.Println("repeat:", err)
	fmt.Println("added:", server.EffectsByToken()[request.ClientToken])

	request.InstanceID, request.ClientToken = "i-gone", "0198c2f4-5d1e-7a3b-9c55-000000000000"
	_, err = client.RegisterBackend(ctx, request)
	fmt.Println("unknown server:", zenlayer.OutcomeOf(err))
	// Output:
	// lost answer: unknown
	// repeat: <nil>
	// added: 1
	// unknown server: refused
}
