-- Tables within tables, replaced again and again, and strings that are joined.
local rows = {}
for i = 1, 450000 do
  rows[i % 5000 + 1] = {i, tostring(i), {square = i * i}}
end
local keys = {}
for i = 1, 150000 do
  keys[#keys + 1] = "k" .. i
end
print(#rows, rows[1][2], #table.concat(keys))
