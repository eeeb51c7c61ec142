// Albums, in C++. Rust owns them by UniquePtr and puts stamps into them, which are Rust's boxes and C++'s to keep. Each
// album tells Custody of itself; its pages belong to a side of their own.
#pragma once

#include "rust/cxx.h"

#include <custody/custody.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace stamps
{

class Album;
struct Stamp; // in Rust

} // namespace stamps

template <> struct custody::object_traits<stamps::Album> : custody::in_place {
    static constexpr const char *name = "album";
    static constexpr const char *destroy = "its UniquePtr";
};

namespace stamps
{

class Album final : public custody::watched<Album>
{
  public:
    explicit Album(rust::Str title);

    /// Puts a stamp on the last page. Throws std::length_error when the album is full.
    void add(rust::Box<Stamp> stamp);

    /// Takes the stamp out that was put in last. Throws std::out_of_range when there is none.
    rust::Box<Stamp> take();

    /// What the stamps are worth, as they say themselves; -1 where the album may not be used.
    std::int64_t worth() const;

    /// The side that pages are made for.
    static custody_side pages();

  private:
    char title_[1229]; // a size that nothing else has
    std::vector<rust::Box<Stamp>, custody::allocator<rust::Box<Stamp>>> stamps_;
};

std::unique_ptr<Album> album_new(rust::Str title);

/// Gives a stamp, which is a box of Rust's, to operator delete: wrong.
void delete_stamp(Stamp *stamp);

/// Drops a stamp, as the box that it is.
void drop_stamp(Stamp *stamp);

/// A receipt of Rust's, written by C++: its lines in cents.
std::int64_t receipt_in_cxx(const Album &album);

} // namespace stamps
