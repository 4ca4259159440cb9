# By path. Audit devices are in no namespace.
terraform import ocibao_audit_device.file file
