/* mill: a second C++ library, which destroys what others have made. */
#ifndef SCENARIO_MILL_H
#define SCENARIO_MILL_H

#include <string>

/** Takes a text over, and returns half of it in memory of its own; the text ends here. */
std::string mill_grind(std::string text);

#endif
