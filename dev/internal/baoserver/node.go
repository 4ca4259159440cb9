package baoserver

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault/physical/raft"
	"github.com/hashicorp/vault/vault"
)

// StartNode starts a node of a Raft cluster and returns once it serves requests.
// It is as its storage has it: new ones are initialized (sys/init) or joined to
// others (sys/storage/raft/join) through the API, and all are unsealed
// (sys/unseal) after each start. A nil logger drops the log.
func StartNode(ctx context.Context, config NodeConfig, likeOpenBao bool, logger hclog.Logger) (*Server, error) {
	if logger == nil {
		logger = hclog.NewNullLogger()
	}
	listener, err := listenLoopback(ctx, config.Listen)
	if err != nil {
		return nil, err
	}
	s := &Server{Address: "http://" + listener.Addr().String(), served: make(chan error, 1)}
	if err := s.startNode(config, likeOpenBao, logger, listener); err != nil {
		_ = listener.Close()
		_ = s.end()
		return nil, err
	}
	return s, nil
}

func (s *Server) startNode(config NodeConfig, likeOpenBao bool, logger hclog.Logger, listener net.Listener) error {
	cluster, err := net.ResolveTCPAddr("tcp", config.ClusterListen)
	if err != nil {
		return err
	}
	if err := onLoopback(config.ClusterListen); err != nil {
		return err
	}
	if config.CertFile != "" {
		if listener, err = s.overTLS(listener, config.CertFile, config.KeyFile); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(config.Raft["path"], 0o700); err != nil {
		return err
	}
	storage, err := raft.NewRaftBackend(config.Raft, logger.Named("storage.raft"))
	if err != nil {
		return fmt.Errorf("opening the storage: %w", err)
	}
	backend, ok := storage.(*raft.RaftBackend)
	if !ok {
		return fmt.Errorf("opening the storage: it is a %T", storage)
	}
	s.storage = backend
	s.auditAllowed.Store(!likeOpenBao)
	core := s.coreConfig(likeOpenBao, logger)
	core.Physical, core.HAPhysical, core.StorageType = backend, backend, "raft"
	core.RedirectAddr, core.ClusterAddr = config.APIAddress, config.ClusterAddress
	if s.core, err = vault.NewCore(core); err != nil {
		return fmt.Errorf("making the core: %w", err)
	}
	handler := s.handler(likeOpenBao, AuditConfig{})
	s.core.SetClusterListenerAddrs([]*net.TCPAddr{cluster})
	s.core.SetClusterHandler(handler)
	s.serve(listener, handler, logger)
	return nil
}
