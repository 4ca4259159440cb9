# A file on each node. OpenBao takes it through the API only where its
# configuration file says unsafe_allow_api_audit_creation = true; otherwise apply
# shows the stanza for that file, and adopts the device once it is declared.
resource "ocibao_audit_device" "file" {
  type        = "file"
  description = "Every request, secrets as keyed hashes"
  options = {
    file_path = "/var/log/openbao/audit.log"
    mode      = "0640"
  }
}

# A second device keeps the log without a gap while the first one is replaced.
resource "ocibao_audit_device" "siem" {
  path = "siem"
  type = "socket"
  options = {
    address       = "siem.example.com:9090"
    socket_type   = "tcp"
    write_timeout = "3s"
  }
}

resource "ocibao_audit_device" "syslog" {
  type = "syslog"
  options = {
    facility             = "AUTH"
    tag                  = "openbao"
    elide_list_responses = true
  }
}
