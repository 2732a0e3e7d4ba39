package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"
)

// Checkpoint represents everything up to its position, which retention
// deleted. See chain.go for what is signed.
type Checkpoint struct {
	Head
	At        time.Time
	PublicKey string // base64
	Signature string // base64
}

func (c Checkpoint) form() []byte {
	return canonical(checkpointForm, decimal(c.Position), c.Hash, decimal(c.At.UnixMilli()), c.PublicKey)
}

// Sign makes the checkpoint of a head.
func Sign(h Head, at time.Time, key ed25519.PrivateKey) Checkpoint {
	c := Checkpoint{Head: h, At: at, PublicKey: ShowKey(key.Public().(ed25519.PublicKey))}
	c.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(key, c.form()))
	return c
}

// check verifies the signature, and the key if one is expected.
func (c Checkpoint) check(expected ed25519.PublicKey) error {
	key, err := ParsePublicKey(c.PublicKey)
	if err != nil {
		return err
	}
	if expected != nil && !expected.Equal(key) {
		return fmt.Errorf("it is signed by another key, %s", c.PublicKey)
	}
	signature, err := base64.StdEncoding.DecodeString(c.Signature)
	if err != nil || !ed25519.Verify(key, c.form(), signature) {
		return errors.New("its signature is wrong")
	}
	return nil
}

// ShowKey writes a public key as ParsePublicKey reads it: base64.
func ShowKey(key ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(key) }

// ParsePublicKey reads a public key as the bot prints it.
func ParsePublicKey(s string) (ed25519.PublicKey, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, errors.New("the public key is not 32 bytes in base64")
	}
	return raw, nil
}

// ParseKey reads the secret that checkpoints are signed with: 32 random bytes
// in base64, as "openssl rand -base64 32" makes them. The error never contains a
// part of the secret.
func ParseKey(s string) (ed25519.PrivateKey, error) {
	seed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, errors.New("the audit key must be 32 bytes in base64: openssl rand -base64 32 makes one")
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// publicKey verifies checkpoints; empty if there is no key.
func (a *Auditor) publicKey() string {
	key := a.key.Load()
	if key == nil {
		return ""
	}
	return ShowKey(key.Public().(ed25519.PublicKey))
}

// UseKey makes the next checkpoints be signed by another key. Those that exist keep their
// signature: the old public key verifies the newest one until the next deletion. The error
// is that of a key that cannot be read.
func (a *Auditor) UseKey(secret string) error {
	key, err := ParseKey(secret)
	if err != nil {
		return err
	}
	old := a.publicKey()
	a.key.Store(&key)
	a.log.Info("the next checkpoint is signed by another key", zap.String("public_key", a.publicKey()),
		zap.String("until_then", old))
	return nil
}
