/* Parties in the log: see party.h. */
#include "audit/party.h"

static void begin(struct cst_json *json, const char *key, const struct cst_party *party)
{
    cst_json_open(json, key, '{');
    cst_json_string(json, "side", party->side);
    cst_json_string(json, "lang", custody_lang_name(party->lang));
}

void cst_party_write(struct cst_json *json, const char *key, const struct cst_party *party)
{
    begin(json, key, party);
    cst_json_close(json, '}');
}

void cst_party_write_receiver(struct cst_json *json, const char *key, const struct cst_party *party)
{
    begin(json, key, party);
    if (party->contract != CUSTODY_CONTRACT_UNKNOWN) {
        cst_json_string(json, "contract", custody_contract_name(party->contract));
    }
    cst_json_close(json, '}');
}
