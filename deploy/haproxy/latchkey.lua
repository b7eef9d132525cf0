-- /etc/haproxy/latchkey.lua: the action `lua.latchkey` asks Latchkey whether a request may pass (haproxy.cfg).

local URL, HOST = os.getenv("LATCHKEY_URL"), os.getenv("LATCHKEY_HOST")
local MILLISECONDS = 10000 -- to wait for the answer

-- What the API is told of who calls.
local PASSED = { ["x-application-id"] = "X-Application-Id", ["x-account-id"] = "X-Account-Id", ["x-scope"] = "X-Scope" }

local function first(headers, name)
    local values = headers and headers[name]
    return values and values[0] or ""
end

-- All values of a header, as httpclient takes them: it counts from 1, HAProxy's own table from 0.
local function all(headers, name)
    local values = {}
    for number = 0, 7 do
        values[#values + 1] = headers[name] and headers[name][number]
    end
    return #values > 0 and values or nil
end

core.register_action("latchkey", { "http-req" }, function(txn)
    local sent = txn.http:req_get_headers()
    local answer = core.httpclient():get({
        url = URL .. "/oauth/verify?scope=" .. txn:get_var("txn.scope"),
        timeout = MILLISECONDS,
        headers = {
            host = { HOST },
            authorization = all(sent, "authorization"),
            ["x-api-key"] = all(sent, "x-api-key"),
            ["x-forwarded-for"] = all(sent, "x-forwarded-for"),
            ["x-forwarded-proto"] = all(sent, "x-forwarded-proto"),
        },
    })
    local status, headers = answer and answer.status or 0, answer and answer.headers
    txn:set_var("txn.status", status)
    if status == 200 then
        for name, passed in pairs(PASSED) do
            if first(headers, name) ~= "" then
                txn.http:req_set_header(passed, first(headers, name))
            end
        end
        return
    end
    txn:set_var("txn.challenge", first(headers, "www-authenticate"))
    txn:set_var("txn.request", first(headers, "x-request-id"))
end)
