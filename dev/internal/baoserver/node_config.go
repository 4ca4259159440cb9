package baoserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// NodeConfig is the configuration of a node of a Raft cluster.
type NodeConfig struct {
	// Listen and ClusterListen are host:port of the API and of what the nodes say
	// to each other; the hosts must be loopback addresses.
	Listen, ClusterListen string
	// CertFile and KeyFile, PEM, turn TLS on.
	CertFile, KeyFile string
	// APIAddress and ClusterAddress are the URLs under which other nodes reach
	// this one.
	APIAddress, ClusterAddress string
	// Raft are the settings of the storage as the server's own configuration
	// has them, such as path, node_id and performance_multiplier.
	Raft map[string]string
}

// ReadNodeConfig reads the part of bao's configuration in JSON that a node on
// loopback needs; all else is refused:
//
//	{
//	  "api_addr": "https://127.0.0.1:8200",
//	  "cluster_addr": "https://127.0.0.1:8201",
//	  "storage": {"raft": {"path": "data", "node_id": "one", "performance_multiplier": "1"}},
//	  "listener": {"tcp": {"address": "127.0.0.1:8200", "cluster_address": "127.0.0.1:8201",
//	                       "tls_cert_file": "cert.pem", "tls_key_file": "key.pem"}}
//	}
func ReadNodeConfig(path string) (NodeConfig, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return NodeConfig{}, err
	}
	var file struct {
		APIAddress     string `json:"api_addr"`
		ClusterAddress string `json:"cluster_addr"`
		Storage        struct {
			Raft map[string]string `json:"raft"`
		} `json:"storage"`
		Listener struct {
			TCP struct {
				Address        string `json:"address"`
				ClusterAddress string `json:"cluster_address"`
				CertFile       string `json:"tls_cert_file"`
				KeyFile        string `json:"tls_key_file"`
			} `json:"tcp"`
		} `json:"listener"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return NodeConfig{}, fmt.Errorf("%s: %w", path, err)
	}
	config := NodeConfig{
		Listen: file.Listener.TCP.Address, ClusterListen: file.Listener.TCP.ClusterAddress,
		CertFile: file.Listener.TCP.CertFile, KeyFile: file.Listener.TCP.KeyFile,
		APIAddress: file.APIAddress, ClusterAddress: file.ClusterAddress, Raft: file.Storage.Raft,
	}
	for name, value := range map[string]string{
		"api_addr": config.APIAddress, "cluster_addr": config.ClusterAddress,
		"listener.tcp.address": config.Listen, "listener.tcp.cluster_address": config.ClusterListen,
		"storage.raft.path": config.Raft["path"], "storage.raft.node_id": config.Raft["node_id"],
	} {
		if value == "" {
			return NodeConfig{}, fmt.Errorf("%s: %s is missing", path, name)
		}
	}
	if (config.CertFile == "") != (config.KeyFile == "") {
		return NodeConfig{}, errors.New(path + ": tls_cert_file and tls_key_file belong together")
	}
	return config, nil
}
