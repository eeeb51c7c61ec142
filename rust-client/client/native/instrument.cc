// A C++ class with a virtual destructor. Compilers make two of it: one ends the object, the other, which `delete` calls,
// gives the storage to operator delete as well. A binding generator that picks the second for objects in foreign storage
// has C++ release memory that it never made.
#include "client.h"

#include <cstring>
#include <new>

namespace
{

class Instrument final
{
  public:
    Instrument()
    {
        std::memset(name_, 'i', sizeof(name_));
    }
    virtual ~Instrument()
    {
        std::memset(name_, 0, sizeof(name_));
    }

  private:
    char name_[1040];
};

} // namespace

std::size_t instrument_size()
{
    return sizeof(Instrument);
}

std::size_t instrument_align()
{
    return alignof(Instrument);
}

void instrument_construct(void *storage)
{
    new (storage) Instrument;
}

void instrument_destruct(void *instrument)
{
    static_cast<Instrument *>(instrument)->~Instrument();
}

void instrument_delete(void *instrument)
{
    delete static_cast<Instrument *>(instrument);
}
