// The C++ side: see album.h.
#include "album.h"

#include "stamps/src/lib.rs.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>

namespace stamps
{

constexpr std::size_t stamps_max = 16;

Album::Album(rust::Str title) : stamps_(custody::allocator<rust::Box<Stamp>>(pages()))
{
    std::size_t length = std::min(title.size(), sizeof(title_) - 1);
    std::memset(title_, 0, sizeof(title_));
    std::memcpy(title_, title.data(), length);
}

custody_side Album::pages()
{
    static const custody_side side = custody::side("album pages");
    return side;
}

void Album::add(rust::Box<Stamp> stamp)
{
    if (stamps_.size() == stamps_max)
        throw std::length_error("the album is full");
    stamps_.push_back(std::move(stamp));
}

rust::Box<Stamp> Album::take()
{
    if (stamps_.empty())
        throw std::out_of_range("the album is empty");
    rust::Box<Stamp> stamp = std::move(stamps_.back());
    stamps_.pop_back();
    return stamp;
}

std::int64_t Album::worth() const
{
    if (!is_usable())
        return -1;
    std::int64_t sum = 0;
    for (const rust::Box<Stamp> &stamp : stamps_)
        sum += stamp->cents();
    return sum;
}

std::unique_ptr<Album> album_new(rust::Str title)
{
    return std::make_unique<Album>(title);
}

void delete_stamp(Stamp *stamp)
{
    ::operator delete(static_cast<void *>(stamp));
}

void drop_stamp(Stamp *stamp)
{
    rust::Box<Stamp>::from_raw(stamp);
}

std::int64_t receipt_in_cxx(const Album &album)
{
    rust::Box<Receipt> receipt = receipt_new("stamps");
    receipt->line("an album", 500);
    receipt->line("its stamps", album.worth());
    return receipt->cents();
}

} // namespace stamps
