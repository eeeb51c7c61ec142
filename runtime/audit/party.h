/* Parties in the log: who takes part in something, as an object of its side and language. */
#ifndef CST_AUDIT_PARTY_H
#define CST_AUDIT_PARTY_H

#include "audit/json.h"
#include "core/finding.h"

/** {"side":...,"lang":...} */
void cst_party_write(struct cst_json *json, const char *key, const struct cst_party *party);

/** The same of who gets something, with the contract to release it under where one was named. */
void cst_party_write_receiver(struct cst_json *json, const char *key, const struct cst_party *party);

#endif
