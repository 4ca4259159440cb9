import {
  to = ocibao_audit_device.file
  identity = {
    path = "file"
  }
}
