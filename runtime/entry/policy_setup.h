/* Setting up the policy at start: it is read, and what is wrong with it is said to the person who named it. */
#ifndef CST_ENTRY_POLICY_SETUP_H
#define CST_ENTRY_POLICY_SETUP_H

/** Reads the policy at `path` (""; none), before the heap starts and any side is made. A file that cannot be read, or that
 * has errors, is said once, and nothing of it holds: half a policy would say what its author never did. */
void cst_policy_setup(const char *path);

#endif
