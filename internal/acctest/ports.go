package acctest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
)

// Ports that servers under test get are below those that systems hand out by
// themselves, so that no connection and no listener on port 0 takes one between
// the look whether it is free and the start of the server, or its restart.
const (
	firstPort = 12000
	portCount = 18000
)

// ports are loopback addresses that nobody else's tests take while they are kept.
type ports struct {
	addresses []string
	marks     []net.PacketConn
}

// reservePorts finds so many ports that nobody listens on. A UDP socket of the same
// number marks each of them as taken, also for the tests of another process, and
// goes with the process.
func reservePorts(count int) (*ports, error) {
	reserved := &ports{}
	for range 100 * count {
		if len(reserved.addresses) == count {
			break
		}
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+rand.IntN(portCount))) //nolint:gosec // any port will do
		mark, err := net.ListenPacket("udp", address)
		if err != nil {
			continue
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			_ = mark.Close()
			continue
		}
		_ = listener.Close()
		reserved.addresses, reserved.marks = append(reserved.addresses, address), append(reserved.marks, mark)
	}
	if len(reserved.addresses) < count {
		reserved.release()
		return nil, fmt.Errorf("%d ports on loopback are looked for from %d on, and are not to be had", count, firstPort)
	}
	return reserved, nil
}

// portTaken reports whether a server said that somebody else listens on its port.
func portTaken(log string) bool { return strings.Contains(log, "address already in use") }

// startTries is how often a server is started that finds its port taken: a system
// may be set up to hand out every port there is.
const startTries = 3

// release lets others have the ports.
func (p *ports) release() {
	for _, mark := range p.marks {
		_ = mark.Close()
	}
}
