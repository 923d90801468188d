/* Commands for the audit store: its transparency logs, proofs, and read models. */
#ifndef LOCKBOXCTL_AUDIT_COMMANDS_H
#define LOCKBOXCTL_AUDIT_COMMANDS_H

#include "command.h"

extern const struct ctl_command ctl_audit_commands[]; /* ended by one without a name */

enum ctl_exit ctl_audit_verify(struct ctl *ctl);
enum ctl_exit ctl_audit_export(struct ctl *ctl);
enum ctl_exit ctl_audit_proof(struct ctl *ctl);
enum ctl_exit ctl_audit_report(struct ctl *ctl);
enum ctl_exit ctl_audit_review(struct ctl *ctl);
enum ctl_exit ctl_audit_witness(struct ctl *ctl);
enum ctl_exit ctl_audit_vkey(struct ctl *ctl);
enum ctl_exit ctl_keygen(struct ctl *ctl);
enum ctl_exit ctl_keygen_approver(struct ctl *ctl);
enum ctl_exit ctl_audit_rebuild(struct ctl *ctl);
enum ctl_exit ctl_audit_reconcile(struct ctl *ctl);
enum ctl_exit ctl_audit_monitor(struct ctl *ctl);

#endif
