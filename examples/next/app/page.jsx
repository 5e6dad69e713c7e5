import { headers } from "next/headers";

export default async function Page() {
  const agent = (await headers()).get("edgeward-agent");
  return <p>You are {agent}.</p>;
}
