/* Colours; see paint.h. */
#include "paint.h"

#include "say.h"

void cst_paint(const struct cst_canvas *canvas, enum cst_paint paint, const char *text)
{
    static const char *const codes[] = {
        [CST_PAINT_PLAIN] = "0",      [CST_PAINT_BOLD] = "1",    [CST_PAINT_DIM] = "2",   [CST_PAINT_ERROR] = "1;31",
        [CST_PAINT_WARNING] = "1;33", [CST_PAINT_NOTE] = "1;36", [CST_PAINT_HELP] = "32",
    };
    bool coloured = canvas->colour && paint != CST_PAINT_PLAIN;
    if (coloured) {
        fprintf(canvas->file, "\033[%sm", codes[paint]);
    }
    cst_print_text(canvas->file, text);
    if (coloured) {
        fputs("\033[0m", canvas->file);
    }
}
