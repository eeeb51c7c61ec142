/* Objects of C++ behind a C boundary: made by new, adopted, and ended before delete. Destroyed twice by a wrapper that was
 * copied, used after that, and given to the function of the base class's sibling.
 *
 * @custody shared static both
 * @builds cc=gcc opt=2
 * @builds cc=clang opt=0
 * @run copied-wrapper
 * @expect[custody=both] stale-handle error exact type=track owner=$prog/c++/new call=custody_end size=40 history=adopted>ended
 * @expect[custody=shared,static] stale-handle error exact type=track owner=$prog/c++/unknown,$prog/c/unknown call=custody_end size=none history=adopted>ended
 * @run used-after
 * @expect stale-handle error exact type=track call=custody_check history=adopted>ended
 * @run sibling
 * @expect wrong-type error exact type=mixer expected-type=track call=custody_check history=adopted
 * @run never
 * @expect handle-leak error exact type=mixer by=none history=adopted advice=mixer_delete
 * @run good
 */
#include "keep.h"

#include <custody/custody.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

namespace
{
struct Track {
    double samples[5] = {};
};
struct Mixer {
    double gains[7] = {};
};

custody_type track_type, mixer_type;
int calls; // keeps the last call of a function from being a jump
} // namespace

void *held; // what is not deleted is no leak of memory

extern "C" {
Track *track_new()
{
    auto track = std::make_unique<Track>();
    return custody_adopt(track_type, track.get()) == CUSTODY_STATUS_OK ? track.release() : nullptr;
}

double track_peak(Track *track)
{
    return custody_check(track_type, track) ? track->samples[0] : -1;
}

void track_delete(Track *track)
{
    if (custody_end(track_type, track) == CUSTODY_ENDED)
        delete track;
    calls++;
}

Mixer *mixer_new()
{
    auto *mixer = new Mixer;
    custody_adopt(mixer_type, mixer);
    calls++;
    return mixer;
}

void mixer_delete(Mixer *mixer)
{
    if (custody_end(mixer_type, mixer) == CUSTODY_ENDED)
        delete mixer;
    calls++;
}
}

namespace
{
// A wrapper that forgets to forbid its copies.
struct Wrapper {
    Track *track = track_new();
    ~Wrapper()
    {
        track_delete(track);
    }
};

struct Deleter {
    void operator()(Track *track) const
    {
        track_delete(track);
    }
};

void good()
{
    std::unique_ptr<Track, Deleter> owner(track_new());
    std::unique_ptr<Track, Deleter> other = std::move(owner);
    if (track_peak(other.get()) != 0)
        std::puts("a track was refused");
    for (int i = 0; i < 1000; i++) {
        track_delete(track_new());
        mixer_delete(mixer_new());
    }
}
} // namespace

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    custody_side side;
    custody_side_of_code(reinterpret_cast<const void *>(track_new), &side);
    custody_type_register(side, "track", "track_delete", CUSTODY_TYPE_PLAIN, &track_type);
    custody_type_register(side, "mixer", "mixer_delete", CUSTODY_TYPE_PLAIN, &mixer_type);
    if (std::strcmp(what, "copied-wrapper") == 0) {
        Wrapper one;
        Wrapper two = one; // NOLINT: the bug
    } else if (std::strcmp(what, "used-after") == 0) {
        Track *track = track_new();
        track_delete(track);
        track_peak(track);
    } else if (std::strcmp(what, "sibling") == 0) {
        Mixer *mixer = mixer_new();
        track_peak(reinterpret_cast<Track *>(mixer));
        mixer_delete(mixer);
    } else if (std::strcmp(what, "never") == 0) {
        held = keep(mixer_new());
    } else {
        good();
    }
    std::puts("done");
    return 0;
}
