/* What bindgen reads. */
#include "custody/custody.h"
